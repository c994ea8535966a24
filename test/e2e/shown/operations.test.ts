import { testPage } from '../../support/shown-pages.js'

testPage('docs/OPERATIONS.md')

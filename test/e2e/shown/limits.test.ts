import { testPage } from '../../support/shown-pages.js'

testPage('docs/LIMITS.md')

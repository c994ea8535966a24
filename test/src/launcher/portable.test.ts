import { createPortableLauncher } from '../../../src/launcher/portable.js'
import { launcherConformance } from '../../launcher/conformance.js'

launcherConformance('portable', createPortableLauncher, { isKeeper: false })

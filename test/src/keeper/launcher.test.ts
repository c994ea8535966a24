import { temporaryHome } from '../../../src/keeper/directory.js'
import { createKeeperLauncher } from '../../../src/keeper/launcher.js'
import { launcherConformance } from '../../launcher/conformance.js'

launcherConformance('keeper', () => createKeeperLauncher(temporaryHome()))

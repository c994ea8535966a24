import t from 'tap'
import { temporaryHome } from '../../../src/keeper/directory.js'
import { createKeeperLauncher } from '../../../src/keeper/launcher.js'
import { hasKeeper } from '../../../src/keeper/program.js'
import { launcherConformance } from '../../launcher/conformance.js'

if (hasKeeper()) launcherConformance('keeper', () => createKeeperLauncher(temporaryHome()), { isKeeper: true })
else t.pass('no keeper was built')

/** A slice of the campaign. */

import t from 'tap'
import { crash } from '../../../bench/soak/campaigns/crash.js'
import { runCampaign } from '../../../bench/soak/run.js'
import { launcherName } from '../../../src/launcher/choose.js'

const ROUNDS = 3
const skip = launcherName() === 'portable' ? 'portable mode keeps nothing' : false

t.test('a daemon that is killed under a storm of spawns loses nothing to the next', { skip }, async t => {
  const seed = Number(process.env.ESPALIER_SEED ?? 1)
  t.match(await runCampaign(crash, ROUNDS, seed, () => undefined), { held: true, rounds: ROUNDS }, `seed ${seed}`)
})

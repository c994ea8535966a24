import t from 'tap'
import { INSTALL_PEERS, peerPath } from '../../../bench/harness/peers.js'

t.test('a peer that is not installed is null, and how to install it is said', async t => {
  t.equal(peerPath('no-such-peer-of-the-bench'), null)
  t.match(INSTALL_PEERS, /npm ci --ignore-scripts/)
})

import t from 'tap'
import { Watch } from '../../../bench/host-loss/watch.js'

t.test(
  'silence begins with the last answer of the host that dies, and ends with the first of its successor',
  async t => {
    const watch = new Watch()
    watch.ordered()
    watch.answered(false)
    const { silentMs } = watch
    t.notOk(watch.isDead)
    watch.died()
    const { heardMs } = watch
    watch.failed()
    t.ok(watch.isDead && !watch.isAnswered && watch.failedMs >= heardMs)
    watch.answered(true)
    const { answeredMs } = watch
    watch.answered(true)
    watch.died()
    t.match(watch, { silentMs, heardMs, answeredMs, lost: 1 }, 'later answers and deaths count for nothing')
  },
)

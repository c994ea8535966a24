/**
 * A backend that asks before each fork: one process a request, four at a time. A request past that waits its turn for two
 * seconds or as many as it says, is given up when its client hangs up, and is told 503 when nothing became free.
 *
 *   node examples/embed/server.mjs [port]
 *   curl http://127.0.0.1:PORT/?seconds=0.2      curl http://127.0.0.1:PORT/metrics
 */
import { createServer } from 'node:http'
import { createSupervisor, SpawnDenied } from 'espalier'

const supervisor = createSupervisor()
await supervisor.registerService('jobs', { children: 4, rate: '50/1s', ttlMaxMs: 60_000 })
await supervisor.metrics() // Counting begins.
const jobs = supervisor.service('jobs')

const server = createServer((request, response) => {
  answer(request, response).catch(error => {
    if (error instanceof SpawnDenied) reply(response, 503, `${error.code}: ${error.message}\n`)
    else if (error.code === 'aborted') response.destroy()
    else reply(response, 500, `${error.message}\n`)
  })
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`listening at ${server.address().port}`))

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close()
    server.closeAllConnections()
    await supervisor.close()
    console.log('closed, nothing is left')
  })
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname === '/metrics') return reply(response, 200, await supervisor.metrics())
  const seconds = Math.min(Number(url.searchParams.get('seconds')) || 0.1, 10)
  const waitMs = Math.min(Number(url.searchParams.get('wait')) || 2, 60) * 1000
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const lines = []
  const job = await jobs.spawn('sh', ['-c', `sleep ${seconds}; echo "done by $$"`], {
    name: 'job',
    wait: { timeoutMs: waitMs, signal: gone.signal },
    signal: gone.signal, // Its client gone, the job ends.
    timeoutMs: 15_000,
    forceKillAfterMs: 500,
  })
  for await (const line of job.lines()) lines.push(line)
  const { timedOut } = await job.exited
  reply(response, timedOut ? 504 : 200, timedOut ? 'the job took too long\n' : `${lines.join('\n')}\n`)
}

function reply(response, status, text) {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text)
}

/** comlink's two ES modules: it ships their types beside another build of itself. */
declare module 'comlink/dist/esm/comlink.mjs' {
  export * from 'comlink'
}
declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { MessagePort, Worker } from 'node:worker_threads'
  import type { Endpoint } from 'comlink'

  const nodeEndpoint: (port: MessagePort | Worker) => Endpoint
  export default nodeEndpoint
}

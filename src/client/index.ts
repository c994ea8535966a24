/** The client: `espalier/client`. Spawn from inside a service; ask a daemon from outside. */

export type { Exit, ExitReason } from '../../protocol/children.js'
export { SpawnDenied } from '../../protocol/failures.js'
export type { RefusalCode } from '../../protocol/refusals.js'
export type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
export type { LimitsReport, ReloadChange } from '../../protocol/wire/changes.js'
export type { EndReport, Explanation } from '../../protocol/wire/past.js'
export { type Client, type ConnectOptions, connect, type Forest, type HistoryFilter, type Past } from './connect.js'
export { ClientError, type ClientErrorCode } from './errors.js'
export type { LimitsClient, LimitsSet, SetLimitsOptions } from './limits.js'
export { type Agent, type AgentOptions, spawnAgent } from './spawn.js'

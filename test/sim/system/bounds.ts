/** How much a seed plays. */

export const STEPS = { least: 60, most: 260 } as const
/** A host that dies more often is given up, which is right, and tells nothing more. */
export const DEATHS_MAX = 4
/** Rounds of delivering everything and letting a second pass, after which nothing may be under way. */
export const REST_ROUNDS = 40
/** Tickets live for 10 s: so many rounds in which nothing but the clock is heard, and nothing more will be. */
export const IDLE_ROUNDS = 12
export const SERVICES = ['a', 'b', 'c']
/** Steps between two replays of all that was committed; there is one at the end too. */
export const REPLAY_STEPS = 128

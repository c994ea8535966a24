/** The ways to measure. */

/** As the daemon does it where no limit, or the kernel, counts memory: who does nothing rests for some rounds. */
export const RESTING = '/proc'
/** As it does it where it adds memory up against a limit: everybody in every round. */
export const SUMMED = '/proc, memory added up'
export const PIDUSAGE = 'pidusage'

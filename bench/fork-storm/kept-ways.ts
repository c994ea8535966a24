/** Where a daemon has its store: the second pays for it. */

export const IN_MEMORY = 'daemon, store in memory'
export const ON_DISK = 'daemon, store on disk'

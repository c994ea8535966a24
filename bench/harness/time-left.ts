/** How long something took, or will take by what it has taken. */

/** A time in ms as people say it: whole seconds below two minutes, else whole minutes. */
export function roughly(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** `, 3 min left` when `share` of it (0 to 1) took `tookMs`; nothing before any of it is done. */
export function timeLeft(share: number, tookMs: number): string {
  return share <= 0 ? '' : `, ${roughly((tookMs / share) * (1 - share))} left`
}

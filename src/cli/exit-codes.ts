/** How the command line says what became of a command. */

/** Exit codes. A command that ends as another did (`run -- cmd`, `spawn --wait`) has that one's, 128 + n for signal n. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  timeout: 5,
  unreachable: 6,
  badConfig: 7,
} as const

/** The code of a process that ended like this: its own, or 128 + its signal; 1 when nobody knows. */
export function exitCodeOf(exit: { readonly exitCode: number | null; readonly signal: number | null }): number {
  if (exit.exitCode !== null) return exit.exitCode
  return exit.signal === null ? EXIT.failure : 128 + exit.signal
}

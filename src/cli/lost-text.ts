/** Output that is missing in a log, as people read it. */

/** `1 line of output lost: the disk did not take it`. */
export function lostText(lines: number): string {
  return lines === 1
    ? '1 line of output lost: the disk did not take it'
    : `${lines} lines of output lost: the disk did not take them`
}

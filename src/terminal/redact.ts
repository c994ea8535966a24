/** Secrets on command lines, hidden before anybody is shown them. */

/** A word that is a key with a secret behind it, and everything up to the next option: values may hold blanks. */
const AFTER_KEY =
  /((?:^|[\s"'])(?:-[\w.-]*|(?=[\w.-]*=))[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|(?:api|access|private|auth)[-_]?key)[\w.-]*)(=|\s+(?!-))(?:(?!\s-).)+/gis

/** The password of an address. */
const IN_ADDRESS = /(:\/\/[^\s/@:]*:)[^\s/@]+(?=@)/g

/** A word assigned to a key with a secret behind it: in what a program says, blanks end a value. */
const ASSIGNED =
  /((?:^|[^\w.-])[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|(?:api|access|private|auth)[-_]?key)[\w.-]*=)[^\s"'&,;]+/gi

/** What stands in the place of a secret. */
export const HIDDEN = '***'

/** The same command line with the values of keys such as `--token`, `API_KEY=` and of `user:password@` as `***`. */
export function redact(command: string): string {
  return command.replace(IN_ADDRESS, `$1${HIDDEN}`).replace(AFTER_KEY, `$1$2${HIDDEN}`)
}

/** The same of a line that a program wrote: only `key=word` and addresses, so that no sentence is lost. */
export function redactSaid(line: string): string {
  return line.replace(IN_ADDRESS, `$1${HIDDEN}`).replace(ASSIGNED, `$1${HIDDEN}`)
}

/** Names of variables that hold a secret; wider than those of options, for a variable hidden in vain costs nothing. */
const SECRET_NAME =
  /pass(?:w|phrase|$)|pwd$|secret|token|credential|cookie|auth|(?:^|[_.-])(?:key|dsn)$|(?:api|access|private)[-_]?key/i

/** The words of a command with the same hidden: a value behind its key is a word of its own. */
export function redactWords(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const before = words[index - 1]
    const isValue = before?.startsWith('-') === true && !word.startsWith('-') && redact(`${before} x`) !== `${before} x`
    return isValue ? HIDDEN : redact(word)
  })
}

/** The value of a variable, hidden if its name is one of a secret; else without the password of an address. */
export function redactVariable(name: string, value: string): string {
  return SECRET_NAME.test(name) ? HIDDEN : redact(value)
}

/** Secrets on command lines, hidden before anybody is shown them. */

/** A word that is a key with a secret behind it, and everything up to the next option: values may hold blanks. */
const AFTER_KEY =
  /((?:^|[\s"'])(?:-[\w.-]*|(?=[\w.-]*=))[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|(?:api|access|private|auth)[-_]?key)[\w.-]*)(=|\s+(?!-))(?:(?!\s-).)+/gis

/** The password of an address. */
const IN_ADDRESS = /(:\/\/[^\s/@:]*:)[^\s/@]+(?=@)/g

/** The same command line with the values of keys such as `--token`, `API_KEY=` and of `user:password@` as `***`. */
export function redact(command: string): string {
  return command.replace(IN_ADDRESS, '$1***').replace(AFTER_KEY, '$1$2***')
}

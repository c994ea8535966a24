/** The table of commands as a completion for bash 4 and later. */

import type { CommandEntry } from './commands.js'

/** Arguments that are names of services. */
const SERVICES = /^[<[](?:service|subject|name)\b/

/** The script; it asks a running daemon for the names of services, for at most a second. */
export function bashCompletion(entries: readonly CommandEntry[]): string {
  const paths = entries.filter(({ path }) => path.length > 0).map(({ path }) => quoted(spell(path)))
  return `# Completion of espalier for bash, made by "espalier completion bash".
_espalier() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} path= words= at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    # What stands behind -- is a command of somebody else.
    [[ \${COMP_WORDS[at]} == -- ]] && return
    case "$path \${COMP_WORDS[at]}" in
      ${paths.join('|')}) path="$path \${COMP_WORDS[at]}" ;;
    esac
  done
  case "$path $before" in
${entries.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${entries.map(wordsCase).join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o bashdefault -o default -F _espalier espalier
`
}

/** Behind an option that takes a value come its choices; files and all else are left to the shell. */
function valueCases({ path, options }: CommandEntry): readonly string[] {
  return options
    .filter(({ value }) => value !== '')
    .map(({ names, choices }) => {
      const patterns = names.map(name => quoted(`${spell(path)} ${name}`)).join('|')
      const words =
        choices.length === 0 ? '' : `mapfile -t COMPREPLY < <(compgen -W "${choices.join(' ')}" -- "$word"); `
      return `    ${patterns}) ${words}return ;;`
    })
}

function wordsCase({ path, commands, options, arguments: expected }: CommandEntry): string {
  const choices = expected.flatMap(argument => argument.choices)
  const words = [...commands, ...choices, ...options.flatMap(({ names }) => names)]
  const asks = expected.some(({ text }) => SERVICES.test(text))
  const services = asks ? ' $(espalier services --quiet --timeout 1s 2> /dev/null || :)' : ''
  return `    ${quoted(spell(path))}) words="${words.join(' ')}${services}" ;;`
}

/** As the script writes down where it is: each word with a blank before it. */
function spell(path: readonly string[]): string {
  return path.map(word => ` ${word}`).join('')
}

function quoted(text: string): string {
  return `"${text}"`
}

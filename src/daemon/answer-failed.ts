/** Failures that more than one desk answers. */

import { show } from '../../protocol/show.js'
import { suggestion } from '../../protocol/spelling.js'
import { type AnswerOf, answer } from '../../protocol/wire/answers.js'

/** Most services that a message names. */
const NAMED_MAX = 10

/** There is no service of that name; says which there are. */
export function noService(name: string, names: readonly string[]): AnswerOf<'failed'> {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''
  const there = names.length === 0 ? 'none' : `${names.slice(0, NAMED_MAX).join(', ')}${more}`
  const message = `no service ${show(name)} here.${suggestion(name, names)} There is ${there}`
  return answer('failed', { code: 'not_found', message })
}

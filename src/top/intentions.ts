/** What a key means, and what is said of it in the help. */

import type { Mode } from './state.js'

/** One of these kinds, with nothing beside it. */
type Plain<K extends string> = K extends string ? { readonly kind: K } : never

export type Intention =
  | Plain<'sort' | 'reverse' | 'filter' | 'help' | 'why' | 'logs' | 'limits' | 'quit' | 'suspend' | 'redraw'>
  | Plain<'erase' | 'clear' | 'accept' | 'cancel'>
  | { readonly kind: 'move'; readonly by: 'line' | 'page' | 'all'; readonly direction: 1 | -1 }
  | { readonly kind: 'fold'; readonly how: 'close' | 'open' | 'turn' | 'turn_all' }
  | { readonly kind: 'end'; readonly tree: boolean }
  | { readonly kind: 'type'; readonly text: string }

/** Keys of the list, as the help shows them. */
export const LIST_KEYS: readonly (readonly [keys: readonly string[], intention: Intention, says: string])[] = [
  [['up', 'k'], { kind: 'move', by: 'line', direction: -1 }, 'one up'],
  [['down', 'j'], { kind: 'move', by: 'line', direction: 1 }, 'one down'],
  [['page up'], { kind: 'move', by: 'page', direction: -1 }, 'a page up'],
  [['page down'], { kind: 'move', by: 'page', direction: 1 }, 'a page down'],
  [['home', 'g'], { kind: 'move', by: 'all', direction: -1 }, 'to the first'],
  [['end', 'G'], { kind: 'move', by: 'all', direction: 1 }, 'to the last'],
  [['left'], { kind: 'fold', how: 'close' }, 'fold what is below; once more: go to what it hangs below'],
  [['right'], { kind: 'fold', how: 'open' }, 'unfold it'],
  [[' '], { kind: 'fold', how: 'turn' }, 'fold or unfold it'],
  [['f'], { kind: 'fold', how: 'turn_all' }, 'fold or unfold all services'],
  [['s', 'tab'], { kind: 'sort' }, 'sort by the next: tree, cpu, memory, age, ttl, name, state'],
  [['r'], { kind: 'reverse' }, 'reverse the order (not of the tree)'],
  [['/'], { kind: 'filter' }, 'show what has this in its name, pid, state, kind or command'],
  [['escape'], { kind: 'cancel' }, 'give the filter up'],
  [['w', 'enter'], { kind: 'why' }, 'espalier why: where it stands, what is left of its limits'],
  [['l'], { kind: 'logs' }, 'espalier logs: what it has said, the latest last'],
  [['L'], { kind: 'limits' }, 'espalier limits get: the limits of its service, and where each comes from'],
  [['x'], { kind: 'end', tree: false }, 'end this process, or service; asks first'],
  [['X'], { kind: 'end', tree: true }, 'end this process and all below it; asks first'],
  [['ctrl l'], { kind: 'redraw' }, 'draw everything anew'],
  [['ctrl z'], { kind: 'suspend' }, 'stop for now; fg goes on'],
  [['?'], { kind: 'help' }, 'this'],
  [['q', 'ctrl c'], { kind: 'quit' }, 'leave'],
]

const LIST = new Map(LIST_KEYS.flatMap(([keys, intention]) => keys.map(key => [key, intention])))

/** Keys that mean the same wherever one is. */
const ALWAYS = ['ctrl c', 'ctrl z', 'ctrl l']

/** Keys that leave a pane beside `cancel`'s own. */
const LEAVING = ['q', 'enter', ' ']

/** The intention of a key; null for a key that means nothing here. */
export function intentionOf(key: string, mode: Mode['kind']): Intention | null {
  if (mode === 'list' || ALWAYS.includes(key)) return LIST.get(key) ?? null
  if (mode === 'ask') return key === 'y' || key === 'Y' ? { kind: 'accept' } : { kind: 'cancel' }
  if (mode === 'filter') return filterIntention(key)
  const intention = LIST.get(key)
  if (intention?.kind === 'move') return intention
  return key === 'escape' || LEAVING.includes(key) ? { kind: 'cancel' } : null
}

function filterIntention(key: string): Intention | null {
  switch (key) {
    case 'enter':
      return { kind: 'accept' }
    case 'escape':
      return { kind: 'cancel' }
    case 'backspace':
      return { kind: 'erase' }
    case 'ctrl u':
      return { kind: 'clear' }
    case 'up':
    case 'down':
      return LIST.get(key) ?? null
    default:
      return [...key].length === 1 ? { kind: 'type', text: key } : null
  }
}

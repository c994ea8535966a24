/** An entry of the chronicle as the store keeps it. */

import type { EspalierEvent } from '../../../protocol/events.js'
import { isName } from '../../../protocol/ids.js'
import type { ChronicleEntry } from '../../../protocol/wire/chronicle.js'
import type { Change, StoredRecord } from '../../store/store.js'
import { redact } from '../../terminal/redact.js'

/** Longest command line that is stored, in characters. */
const COMMAND_LENGTH_MAX = 256

/** Null for what belongs to no service: it is told, and not kept for a later daemon. */
export function storeEntry(chronicle: string, { place, at, event }: ChronicleEntry): Change | null {
  if (!isName(event.service)) return null
  return { kind: 'event', service: event.service, fields: { chronicle, place, at, event: shortened(event) } }
}

/** As `storeEntry` wrote it: the store has checked that it is whole. */
export function readEntry({ fields }: StoredRecord): { readonly chronicle: string; readonly entry: ChronicleEntry } {
  const { chronicle, place, at, event } = fields as unknown as ChronicleEntry & { readonly chronicle: string }
  return { chronicle, entry: { place, at, event } }
}

/** Secrets do not reach the disk, and a command line may be as long as a request. */
function shortened(event: EspalierEvent): EspalierEvent {
  if (!('child' in event)) return event
  const command = redact(event.child.command).slice(0, COMMAND_LENGTH_MAX)
  return { ...event, child: { ...event.child, command } }
}

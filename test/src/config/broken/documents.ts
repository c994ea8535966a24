/** Texts that are no YAML, or no config. */

import type { BrokenConfig } from './row.js'

const WEB = 'services:\n  web:\n    command: a\n'
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)

export const BROKEN_DOCUMENTS: readonly BrokenConfig[] = [
  ['^^', '', /write services:/],
  ['^^# nothing\n', '', /write services:/],
  ['^^7\n', '', /write services:/],
  ['^^just text\n', '', /write services:/],
  ['^^[a, b]\n', '', /write services:/],
  ['^^version: 1\n', 'services', /there are no services; write/],
  ['^^services:\n', 'services', /there are no services; write/],
  ['^^services: {}\n', 'services', /there are no services; write/],
  ['^^services: 3\n', 'services', /not a set of services; write/],
  ['^^services: [a]\n', 'services', /not a set of services; write/],
  ['^^services: text\n', 'services', /not a set of services; write/],
  [`^^servces: {}\n${WEB}`, 'servces', /Did you mean services\?/],
  [`${WEB}^^extra: 1\n`, 'extra', /Keys are version, services/],
  [`${WEB}^^services: {}\n`, 'services', /here twice; drop one/],
  [`^^version: 2\n${WEB}`, 'version', /write 1, or leave it out/],
  [`^^version: one\n${WEB}`, 'version', /write 1, or leave it out/],
  [`^^version: [1]\n${WEB}`, 'version', /write 1, or leave it out/],
  [`^^metrics: 9464\n${WEB}`, 'metrics', /write metrics: \{ listen/],
  [`metrics: { listen: '127.0.0.1:1', ^^lisen: 1 }\n${WEB}`, 'metrics.lisen', /Did you mean listen\?/],
  [`^^logs: 3\n${WEB}`, 'logs', /write logs: \{ max_size/],
  ['services:\n  ^^"a b": { command: a }\n', 'services.a b', /cannot name a service; give 1 to 64/],
  ['services:\n  ^^"": { command: a }\n', 'services.', /cannot name a service; give 1 to 64/],
  ['services:\n  ^^a/b: { command: a }\n', 'services.a/b', /cannot name a service; give 1 to 64/],
  ['services:\n  ^^ü: { command: a }\n', 'services.ü', /cannot name a service; give 1 to 64/],
  [`services:\n  ^^${'x'.repeat(65)}: { command: a }\n`, `services.${'x'.repeat(64)}...`, /cannot name a service/],
  ['services:\n  ^^web: 3\n', 'services.web', /give at least a command/],
  ['services:\n  ^^web: a\n', 'services.web', /give at least a command/],
  ['services:\n  ^^web: [a]\n', 'services.web', /give at least a command/],
  ['services:\n  ^^web:\n', 'services.web', /give at least a command/],
  ['services:\n  web: { command: a }\n  ^^web: { command: b }\n', 'services.web', /here twice; drop one/],
  ['services:\n  ^^__proto__: { command: a }\n', 'services.__proto__', /choose another name/],
  ['services:\n  web: { command: a }\n  ? ^^[a]\n  : 1\n', 'services', /a key must be plain text/],
  ['services:\n  web:\n    ^^command: *nowhere\n', 'services.web.command', /nothing above is named/],
  ['services:\n  web:\n    ^^command: !!binary aGk=\n', 'services.web.command', /tag.*drop it/],
  ['services:\n  web:\n    ^^command: !run a\n', 'services.web.command', /tag|drop it/],
]

/** Texts that the reader of YAML itself refuses: the place is where it noticed, and there is no key. */
export const UNREADABLE_DOCUMENTS: readonly (readonly [text: string, line: number])[] = [
  ['services:\n\tweb:\n\t\tcommand: a\n', 2],
  ['services: [\n', 1],
  ['services: { web: { command: a }\n', 1],
  ['services:\n  web:\n    command: "a\n', 3],
  ["services:\n  web:\n    command: 'a\n", 3],
  ['services:\n  web:\n   command: a\n  cwd: /\n more: 1\n', 5],
  ['services:\n  web: command: a\n', 2],
  ['services:\n  web:\n    command: "\\q"\n', 3],
  ['services:\n  web:\n    command: @a\n', 3],
  ['services:\n  web:\n    command: `a`\n', 3],
  ['services:\n  web:\n    command: %a\n', 3],
  ['services:\n  web:\n    - command\n    cwd: /\n', 4],
  [`${WEB}---\n${WEB}`, 4],
  [`${WEB}...\ntext\n`, 5],
  ['%YAML 9.9\n%FOO\nservices\n', 1],
  [`a: ${nested('[', ']', 200)}\n`, 1],
  [`a: ${nested('{b: ', '}', 200)}\n`, 1],
  ['}\n', 1],
  ['services:\n  web: &a &b { command: a }\n', 2],
  ['services:\n  web: &x\n    <<: *x\n    command: ]\n', 4],
]

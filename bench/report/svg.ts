/** Drawings as text: no network, no script, readable in light and dark. */

/** Width of every drawing, in px. */
export const WIDTH = 760
const CHARACTER = 6.7

/** A mark and its attributes; undefined leaves one out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** Colours by what they mean; a page that holds several drawings has the same in each. */
const STYLE = `
.espalier { --paper:#ffffff; --ink:#1f2328; --quiet:#656d76; --rule:#d8dee4; --ours:#1a7f37; --plain:#8c959f; --pale:#c0c8d0; --wrong:#cf222e;
  --c0:#1a7f37; --c1:#2da44e; --c2:#8250df; --c3:#bf8700; --c4:#0969da; --c5:#bc4c00; --c6:#cf222e; --c7:#6e7781; font: 12px system-ui, sans-serif }
@media (prefers-color-scheme: dark) { .espalier { --paper:#0d1117; --ink:#e6edf3; --quiet:#9198a1; --rule:#30363d; --ours:#3fb950; --plain:#7d8590; --pale:#4b535d; --wrong:#f85149;
  --c0:#3fb950; --c1:#7ee787; --c2:#a371f7; --c3:#d29922; --c4:#58a6ff; --c5:#f0883e; --c6:#f85149; --c7:#9198a1 } }
.espalier text { fill: var(--ink) }
.espalier .quiet { fill: var(--quiet) }
.espalier .title { font-weight: 600; font-size: 15px }
.espalier .strong { font-weight: 600 }
.espalier .rule { stroke: var(--rule); stroke-width: 1; fill: none }
`.trim()

/** A whole drawing with its title, and a sentence below it. */
export function drawing(title: string, subtitle: string, height: number, marks: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="espalier" role="img" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    mark('rect', { width: WIDTH, height, rx: 6, fill: 'var(--paper)' }),
    words(16, 26, title, { class: 'title' }),
    words(16, 44, subtitle, { class: 'quiet' }),
    ...marks,
    '</svg>',
  ].join('\n')
}

export function mark(name: string, attributes: Attributes): string {
  return `<${name}${list(attributes)}/>`
}

export function words(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return `<text${list({ x: round(x), y: round(y), ...attributes })}>${escaped(text)}</text>`
}

/** How wide a text is likely to be, in px. */
export function widthOf(text: string): number {
  return text.length * CHARACTER
}

/** Text as it may stand in a page. */
export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

export function round(px: number): number {
  return Math.round(px * 10) / 10
}

function list(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${typeof value === 'number' ? round(value) : escaped(String(value))}"`)
    .join('')
}

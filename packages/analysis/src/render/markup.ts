/** HTML or SVG that is safe to write: only `markup` makes it. */
export interface Markup {
  readonly source: string;
}

type Hole = Markup | string | number | readonly Markup[];

/**
 * A template whose holes are escaped, so that no name can become an element or an attribute: strings and numbers turn
 * into text, other markup stays. Attribute values stand in double quotes.
 *
 * @example
 * markup`<b title="${'"'}">${'<script>'}</b>`.source // => '<b title="&quot;">&lt;script&gt;</b>'
 */
export function markup(parts: TemplateStringsArray, ...holes: readonly Hole[]): Markup {
  return { source: parts.reduce((text, part, i) => text + (i === 0 ? '' : sourceOf(holes[i - 1]!)) + part, '') };
}

/** Nothing. */
export const NOTHING: Markup = { source: '' };

function sourceOf(hole: Hole): string {
  if (typeof hole === 'string') return escapeMarkup(hole);
  if (typeof hole === 'number') return String(Math.round(hole * 100) / 100);
  if ('source' in hole) return hole.source;
  return hole.map(({ source }) => source).join('');
}

/**
 * Text that stands for itself in HTML and SVG, between tags and inside quoted attributes.
 *
 * @example
 * escapeMarkup('a < "b"') // => 'a &lt; &quot;b&quot;'
 */
export function escapeMarkup(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

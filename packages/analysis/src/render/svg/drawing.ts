import { type Markup, markup } from '../markup.js';
import { textWidth } from '../text-width.js';

/** A chart with a title and a description for those who cannot see it. */
export interface Drawing {
  /** Of the whole page: other elements refer to it. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly body: Markup;
}

/** The drawing as one SVG element. */
export function svg({ id, title, description, width, height, body }: Drawing): Markup {
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>
${body}</svg>`;
}

/** About how wide a text of the charts is, in SVG units: no font can be measured here. */
export function labelWidth(text: string, size = 12): number {
  return textWidth(text) * size * 0.56;
}

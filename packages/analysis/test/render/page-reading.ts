/** Reads back what a page shows, without a browser. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** The text of a piece of HTML: tags removed, entities read. */
export function textOf(html: string): string {
  return html.replaceAll(/<[^>]*>/g, '').replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]!);
}

export interface PageTable {
  readonly caption: string;
  readonly head: readonly string[];
  /** Cells without the marks of footnotes. */
  readonly rows: readonly (readonly string[])[];
}

/** Every table of a page. */
export function tablesOf(html: string): readonly PageTable[] {
  return [...html.matchAll(/<table>(.*?)<\/table>/gs)].map(([, table = '']) => {
    const cells = (row: string) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
        textOf(cell.replaceAll(/<sup>.*?<\/sup>/g, '')),
      );
    const [head = [], ...rows] = [...table.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row = '']) => cells(row));
    return { caption: textOf(/<caption>(.*?)<\/caption>/s.exec(table)?.[1] ?? ''), head, rows };
  });
}

/** Tags of a page in order, its style sheet left out: `div`, `/div`, `meta`. */
export function tagsOf(html: string): readonly { readonly name: string; readonly text: string }[] {
  const body = html.replace(/<style>.*?<\/style>/s, '');
  return [...body.matchAll(/<([!/]?[a-zA-Z][a-zA-Z0-9]*)(?:\s[^<>]*)?\/?>/g)].map(([text, name]) => ({
    name: name!,
    text,
  }));
}

const VOID = new Set(['!doctype', 'meta']);

/** The first tag that does not close what stands open; null when every tag has its pair. */
export function unbalanced(html: string): string | null {
  const open: string[] = [];
  for (const { name, text } of tagsOf(html)) {
    if (VOID.has(name) || text.endsWith('/>')) continue;
    if (!name.startsWith('/')) open.push(name);
    else if (open.pop() !== name.slice(1)) return text;
  }
  return open.at(-1) ?? null;
}

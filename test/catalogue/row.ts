/** What came of one bad input. */
export interface Outcome {
  /** The code of the error table, or what happened instead, in the words of `expected`. */
  readonly got: string;
  /** The whole message: where the row says a word of it, the message must. */
  readonly says?: string;
  /** For the rows that are not refused: what was found instead of an unchanged state. */
  readonly proof?: string;
}

/** One bad input of the catalogue. */
export interface Row<World> {
  /** Its number in the catalogue. */
  readonly row: number;
  readonly input: string;
  readonly expected: string;
  /** What the message says. */
  readonly says?: RegExp | string;
  /** For the rows that are not refused: what must be found afterwards. */
  readonly proof?: string;
  readonly act: (world: World) => Promise<Outcome>;
}

/** A place where bad input comes in. */
export interface Surface<World = never> {
  readonly title: string;
  /** What is compared before and after each input. */
  readonly unchanged: string;
  readonly rows: readonly Row<World>[];
  readonly open: () => Promise<World>;
  /** Everything that a refused input must leave as it was; absent where every row brings a proof of its own. */
  readonly state?: (world: World) => string | Promise<string>;
  readonly close: (world: World) => Promise<void>;
}

/** One line of the printed table. */
export interface Line {
  readonly row: number;
  readonly input: string;
  readonly expected: string;
  readonly got: string;
  readonly says: string;
  readonly ok: boolean;
}

const UNCHANGED = 'nothing changed';

/** Gives one input to the world and judges what came of it. */
export async function judge<World>(surface: Surface<World>, row: Row<World>, world: World): Promise<Line> {
  const before = await surface.state?.(world);
  const { got, says = '', proof } = await row.act(world);
  const same = before !== undefined && (await surface.state?.(world)) === before;
  const found = proof ?? (same ? UNCHANGED : 'the state changed');
  const wanted = row.proof ?? UNCHANGED;
  const said = row.says === undefined || (typeof row.says === 'string' ? says === row.says : row.says.test(says));
  return {
    row: row.row,
    input: row.input,
    expected: `${row.expected}; ${wanted}`,
    got: `${got}; ${found}`,
    says,
    ok: got === row.expected && found === wanted && said,
  };
}

/** All lines of a surface, in one world. */
export async function linesOf<World>(surface: Surface<World>): Promise<readonly Line[]> {
  const world = await surface.open();
  try {
    const lines: Line[] = [];
    for (const row of surface.rows) lines.push(await judge(surface, row, world));
    return lines;
  } finally {
    await surface.close(world);
  }
}

const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Where in a file an annotation stands. */
interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly col?: number | undefined;
}

/**
 * A line that GitHub Actions shows beside the code.
 *
 * @see the workflow commands of GitHub Actions
 * @example
 * annotation('error', 'EXPERIMENTS_INVALID', '5% is too much', { file: 'a.yaml', line: 3 }) // => '::error file=a.yaml,line=3,title=EXPERIMENTS_INVALID::5%25 is too much'
 */
export function annotation(
  level: 'notice' | 'warning' | 'error',
  title: string,
  message: string,
  { file, line, col }: Place = {},
): string {
  const properties = { file, line, col, title };
  const told = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${property(String(value))}`],
  );
  return `::${level} ${told.join(',')}::${escaped(message)}`;
}

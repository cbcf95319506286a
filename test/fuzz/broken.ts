import type { Target } from './target.js';

/** Parsers with a fault each: the fuzzer is only to be believed when it finds them. */
const corpus = ['{"name":"a","value":1}', '{"list":[1,2,3],"name":"b"}'];
const words = ['"name":', '"value":', '1', ',', '{', '}'];

interface Node {
  [key: string]: Node | unknown;
}

/** Copies keys without a look at what they are called. */
function assignAll(into: Node, from: Node): void {
  for (const key of Object.keys(from)) {
    const value = from[key];
    if (typeof value !== 'object' || value === null) into[key] = value;
    else {
      if (into[key] === undefined) into[key] = {};
      assignAll(into[key] as Node, value as Node);
    }
  }
}

function readJson(input: Buffer): Node | undefined {
  try {
    return JSON.parse(input.toString()) as Node;
  } catch {
    return undefined;
  }
}

const kept: unknown[] = [];

export const BROKEN: readonly Target[] = [
  {
    ...{ name: 'broken-crash', corpus, words },
    run: (input) => void (readJson(input)?.name as string | undefined)?.trim(),
  },
  {
    name: 'broken-prototype',
    corpus: [...corpus, '{"a":{"__proto__":{"value":1}}}'],
    words,
    run(input) {
      const json = readJson(input);
      if (typeof json === 'object' && json !== null) assignAll({}, json);
    },
  },
  {
    ...{ name: 'broken-slow', corpus: ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'], words: ['a', 'aa', '!'] },
    run: (input) => void /^(a+)+$/.test(input.toString('latin1').slice(0, 29)),
  },
  {
    ...{ name: 'broken-endless', corpus, words },
    run(input) {
      // a scanner that does not move on at a byte it does not know
      for (let at = 0; at < input.length; ) if (input[at] !== 0) at += 1;
    },
  },
  {
    ...{ name: 'broken-memory', corpus, words },
    run: (input) => void kept.push([...input.toString()].map((letter) => ({ letter }))),
  },
];

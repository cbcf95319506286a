import type { RedisSettings } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** An address of Redis, read. */
export interface RedisAddress {
  readonly kind: 'node' | 'sentinel' | 'cluster';
  /** One for a node, one or more for Sentinels or a cluster. */
  readonly hosts: readonly [HostPort, ...HostPort[]];
  /** Name of the group that the Sentinels watch; empty elsewhere. */
  readonly name: string;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
}

const ADDRESS = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:(.*)@)?([^@/?#]*)(?:\/([^?#]*))?$/s;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/;
const PREFIX = /^[\w.:-]{1,100}$/;
const PORT = { node: 6379, sentinel: 26_379, cluster: 6379 } as const;

/** Without user and password, and short: fit to be shown. */
export function shownAddress(url: string): string {
  const shown = url.replace(/^([^:]*:\/\/)?.*@/s, '$1');
  return shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
}

function refuse(url: string, what: string, todo: string): never {
  throw serverError('REDIS_SETTINGS_INVALID', { got: `${what} in "${shownAddress(url)}"`, todo });
}

function hostOf(url: string, text: string, defaultPort: number): HostPort {
  const [, name = '', digits] = HOST.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (name === '') refuse(url, `the host "${text}"`, 'write host:port, and an IPv6 address in brackets');
  if (port < 1 || port > 65_535) refuse(url, `port ${digits}`, 'write a port from 1 to 65535');
  return { host: name.replace(/^\[|\]$/g, ''), port };
}

function decoded(url: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(url, 'a password with a % that begins no escape', 'write % as %25 in the password');
  }
}

function dbOf(url: string, text: string): number {
  if (text === '') return 0;
  if (!/^\d{1,5}$/.test(text)) refuse(url, `database "${text}"`, 'write its number, such as redis://host:6379/0');
  return Number(text);
}

/**
 * Reads an address: `redis://user:password@host:port/db`, `redis+sentinel://host:port,host:port/name/db`,
 * `redis+cluster://host:port,host:port`; with `rediss` instead of `redis` over TLS.
 *
 * @throws ArmatureError REDIS_SETTINGS_INVALID, which never shows the password
 */
export function parseRedisAddress({ url, prefix, tls }: RedisSettings): RedisAddress {
  if (!PREFIX.test(prefix)) {
    const todo = 'write at most 100 letters, digits and . _ : -';
    throw serverError('REDIS_SETTINGS_INVALID', { got: `the key prefix "${prefix.slice(0, 100)}"`, todo });
  }
  const [, s, sort, user, hosts = '', path = ''] =
    ADDRESS.exec(url) ?? refuse(url, 'no address', 'write redis://host:6379');
  const kind = (sort ?? 'node') as RedisAddress['kind'];
  const [first = '', ...others] = hosts.split(',');
  if (kind === 'node' && others.length > 0) {
    refuse(url, 'more than one host', 'begin it with redis+sentinel:// or redis+cluster://');
  }
  const [head = '', tail = '', ...rest] = path.split('/');
  if (rest.length > 0 || (kind !== 'sentinel' && tail !== '')) refuse(url, `the path "/${path}"`, 'leave it out');
  if (kind === 'sentinel' && head === '') refuse(url, 'no name', 'write redis+sentinel://host:26379/name');
  if (kind === 'cluster' && head !== '') refuse(url, `the path "/${path}"`, 'leave it out: a cluster has one database');
  const colon = user?.indexOf(':') ?? -1;
  const [username, password] = colon < 0 ? [user, undefined] : [user?.slice(0, colon), user?.slice(colon + 1)];
  return {
    kind,
    hosts: [hostOf(url, first, PORT[kind]), ...others.map((text) => hostOf(url, text, PORT[kind]))],
    name: kind === 'sentinel' ? decodeName(url, head) : '',
    db: dbOf(url, kind === 'sentinel' ? tail : head),
    username: decoded(url, username),
    password: decoded(url, password),
    tls: s === 's' || tls !== undefined,
  };
}

const decodeName = (url: string, text: string): string => decoded(url, text) ?? text;

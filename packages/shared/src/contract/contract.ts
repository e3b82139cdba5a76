import type { Static, TSchema } from 'typebox';
import type { ErrorCode } from '../errors.ts';
import type { Role } from '../protocol/roles.ts';

/** Who may call a route; `monitor` is anyone on the coordinator's machine, or an operator. */
export type Access = 'anyone' | 'node' | 'monitor' | Role;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a caller of a route sends, and what it may get. The coordinator serves it, and its clients call it, by this alone. */
export interface Contract {
  /** As `GET /v1/clusters/:name`. */
  readonly route: `${Method} /${string}`;
  readonly access: Access;
  /** What stands for each `:name` of the path. */
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly headers?: TSchema;
  readonly body?: TSchema;
  /** The largest body, in bytes; left out: as large as the coordinator reads any. */
  readonly bodyLimit?: number;
  /** The body is octets and no JSON. */
  readonly sendsOctets?: true;
  /** If-Match holds the revision that the change is based on: for each request, or for some of them. */
  readonly ifMatch?: 'always' | 'sometimes';
  /** By status; left out for an answer that is no JSON. */
  readonly answers?: Readonly<Record<number, TSchema>>;
  /** Its answer may wait for a change or for a node. With a POST, it changes nothing. */
  readonly waits?: true;
  /** How long a client waits for the answer, in seconds; left out: as long as for most. */
  readonly seconds?: number;
  /** The codes of its refusals, besides those that `errorsOf` adds. */
  readonly errors?: readonly ErrorCode[];
  /** It stands in no OpenAPI document: machines fetch a file with it. */
  readonly isHidden?: true;
}

/** The contracts of one resource, by the names of their calls. */
export type Contracts = Readonly<Record<string, Contract>>;

type Given<Fields> = { readonly [Name in keyof Fields]: Fields[Name] | undefined };
/** Fields that may be left out may be undefined too: JSON leaves them out. */
export type Sent<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Name in keyof Value]: Sent<Value[Name]> | (object extends Pick<Value, Name> ? undefined : never) }
    : Value;
type ParamsOf<Route> = Route extends { params: infer Schema extends TSchema } ? Readonly<Static<Schema>> : unknown;
type QueryOf<Route> = Route extends { query: infer Schema extends TSchema }
  ? object extends Static<Schema>
    ? { readonly query?: Given<Static<Schema>> }
    : { readonly query: Static<Schema> }
  : unknown;
type BodyOf<Route> = Route extends { sendsOctets: true }
  ? { readonly octets: Uint8Array }
  : Route extends { body: infer Schema extends TSchema }
    ? null extends Static<Schema>
      ? { readonly body?: Sent<NonNullable<Static<Schema>>> }
      : { readonly body: Sent<Static<Schema>> }
    : unknown;
type IfMatchOf<Route> = Route extends { ifMatch: infer When }
  ? When extends 'always'
    ? { readonly ifMatch: number }
    : { readonly ifMatch?: number | undefined }
  : unknown;

/**
 * What a client gives for a call: the parameters of its path by their names, and the rest below `query`, `body`, `octets` and
 * `ifMatch`.
 */
export type Asked<Route> = ParamsOf<Route> & QueryOf<Route> & BodyOf<Route> & IfMatchOf<Route>;

export type Query = Readonly<Record<string, string | undefined>>;

/** What a client gets of a call that succeeds; undefined stands for an answer without content. */
export type Answered<Route> = Route extends { answers: infer Answers }
  ? { [Status in keyof Answers]: Answers[Status] extends TSchema ? Static<Answers[Status]> : never }[keyof Answers]
  : undefined;

export function methodAndPath({ route }: Pick<Contract, 'route'>): readonly [method: Method, path: string] {
  return route.split(' ') as [Method, string];
}

/** The path of a call, with its parameters. */
export function pathOf(contract: Contract, asked: object): string {
  const params = asked as Readonly<Record<string, unknown>>;
  const [, path] = methodAndPath(contract);
  return path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(params[name])));
}

/** The path with a query of what is given. */
export function withQuery(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readContext, writeContext } from '@picket/shared/context/context.ts';
import type { Test } from 'tap';
import { type Config, configDefaults } from '../../packages/coordinator/src/config/config.ts';
import type { Answer, Client, RequestOptions } from '../../packages/coordinator/test/support/client.ts';
import { type TestCoordinator, testCoordinator } from '../../packages/coordinator/test/support/coordinator.ts';
import type { Finished } from '../support/children.ts';
import { changesIn } from './changes.ts';
import { sayCodes } from './codes-for-words.ts';
import { jsonLines } from './json-lines.ts';
import { commandSaid, runPicket } from './picket.ts';
import { Placeholders } from './placeholders.ts';
import { withoutWords } from './without-words.ts';

sayCodes();

const dayMs = 86_400_000;

/** Of the headers of an answer the transcript keeps these. */
const keptHeaders = ['content-type', 'etag', 'cache-control', 'retry-after', 'content-length', 'connection'] as const;

export interface AskOptions extends RequestOptions {
  /** Leaves the body of the answer out, where it is recorded elsewhere: the text says where. */
  readonly elsewhere?: string;
  /** Replaces the body of the request in the transcript: it has octets, or a CSR that differs each time. */
  readonly shown?: string;
  /** The name of this moment: of an answer to a question that was asked before, only what has changed since then is shown. */
  readonly moment?: string;
}

export interface PicketOptions {
  readonly stdin?: string;
  /** Without: the context of the first admin. */
  readonly context?: string;
}

/** A coordinator whose clock is the session's own, the transcripts of what is asked of it, and their placeholders. */
export class Session {
  readonly coordinator: TestCoordinator;
  readonly placeholders: Placeholders;
  /** What the transcripts have so far, by the name of their file. */
  readonly transcripts = new Map<string, string[]>();
  /** The routes that were asked, as `METHOD /path/:parameter`. */
  readonly routes = new Set<string>();
  readonly #folder: string;
  /** The last answer to a question of one client that was asked at a moment, and the name of that. */
  readonly #answers = new Map<string, { readonly moment: string; readonly value: unknown }>();

  private constructor(coordinator: TestCoordinator, folder: string, begun: number) {
    this.coordinator = coordinator;
    this.#folder = folder;
    this.placeholders = new Placeholders(begun);
    this.placeholders.name(folder, 'folder');
    this.placeholders.name(coordinator.running.authorities.control.certificate.spkiHash, 'control-pin');
    this.started();
  }

  static async open(t: Test, settings: Partial<Config> = {}): Promise<Session> {
    // At midnight, so that dates stand in the same distance to it each time; and not today, since TLS itself judges by the
    // real clock, and the session's may run ahead of that by hours.
    const begun = (Math.floor(Date.now() / dayMs) - 1) * dayMs;
    // An etcdutl of the machine would find that the snapshots here are no databases.
    const coordinator = await testCoordinator(t, begun, {
      etcdutlBinary: '/nowhere/etcdutl',
      // Refused without a connection.
      releases: { mirror: 'http://169.254.0.1/etcd' },
      limits: { ...configDefaults.limits, operatorRequestsPerMinute: 100_000 },
      ...settings,
    });
    const folder = join(coordinator.config.dataDir, '..');
    return new Session(coordinator, folder, begun);
  }

  /** Its port is another after each start, and the context names that. */
  started(): void {
    const { port, authority } = this.coordinator;
    this.placeholders.name(`https://127.0.0.1:${port}`, 'coordinator');
    this.placeholders.name(`127.0.0.1:${port}`, 'coordinator-host');
    const path = this.contextFile;
    const context = readContext(readFileSync(join(this.#folder, 'context.yml'), 'utf8'), path);
    writeFileSync(path, writeContext({ ...context, server: `https://127.0.0.1:${port}` }), { mode: 0o600 });
    if (context.certificateAuthority.trim() !== authority.trim()) throw new Error('the context is of another');
  }

  get contextFile(): string {
    return join(this.#folder, 'context-of-session.yml');
  }

  /** A file of the session's own. */
  file(name: string, content: string, mode = 0o600): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content, { mode });
    return path;
  }

  /** Writes to the transcript of this name. */
  note(transcript: string, text: string): void {
    const parts = this.transcripts.get(transcript) ?? [];
    this.transcripts.set(transcript, [...parts, this.placeholders.replace(text)]);
  }

  /** Serials, keys and hashes stand in tables as well, where no field tells what they are. */
  async learn(): Promise<void> {
    for (const list of ['clusters', 'certificates/in-force', 'certificates', 'audit']) {
      const answer = await this.coordinator.admin.get(`/v1/${list}?limit=500`);
      if (answer.status !== 200) throw new Error(answer.text);
      this.placeholders.learn(answer.json());
    }
  }

  /** Asks the coordinator, and writes question and answer to the transcript. */
  async ask(
    transcript: string,
    [who, client]: readonly [string, Client],
    line: string,
    options: AskOptions = {},
  ): Promise<Answer> {
    const [method = '', path = ''] = line.split(' ');
    const { elsewhere, shown, moment, ...request } = options;
    const answer = await client.request(method, path, request);
    const asked = [
      `> ${line}   (${who})`,
      ...Object.entries(options.headers ?? {}).map(([name, value]) => `> ${name}: ${value}`),
      ...(shown !== undefined ? [`> ${shown}`] : []),
      ...(shown === undefined && options.body !== undefined ? [`> ${JSON.stringify(options.body)}`] : []),
    ];
    const { 'content-type': type = '' } = answer.headers;
    const isJson = type.startsWith('application/json');
    const body = isJson ? (JSON.parse(answer.text) as unknown) : answer.text;
    this.placeholders.learn(body);
    const retryAfter = String((body as { details?: { retryAfterSeconds?: number } }).details?.retryAfterSeconds ?? '');
    const shownBody = isJson
      ? moment === undefined
        ? this.lines(body)
        : this.linesSince(`${line} ${who}`, moment, body)
      : answer.text
          .trimEnd()
          .replace(/^data: (\{.*\})$/gm, (_line, data: string) => `data: ${this.lines(JSON.parse(data))}`);
    const said = [
      `${answer.status}`,
      ...keptHeaders.flatMap((name) => {
        const value = answer.headers[name];
        // Of JSON the length follows from the body, with the lengths of what no two runs share, as that of figures has.
        if (
          value === undefined ||
          value === 'keep-alive' ||
          (name === 'content-length' && (isJson || type.startsWith('text/plain')))
        )
          return [];
        return [`${name}: ${value}`];
      }),
      ...(answer.text === '' ? [] : [elsewhere === undefined ? shownBody : `(${elsewhere})`]),
    ].join('\n');
    this.note(transcript, `${asked.join('\n')}\n${withRetry(said, retryAfter)}\n`);
    return answer;
  }

  /** JSON as it stands in a transcript. */
  lines(body: unknown): string {
    return jsonLines(this.#shownValue(body));
  }

  /** The same of what is looked at from time to time: what has changed since the last moment, if there was one. */
  linesSince(what: string, moment: string, body: unknown): string {
    const value = this.#shownValue(body);
    const before = this.#answers.get(what);
    this.#answers.set(what, { moment, value });
    if (before === undefined) return jsonLines(value);
    const changes = changesIn(before.value, value);
    return changes.length === 0
      ? `(as at ${before.moment})`
      : [`(as at ${before.moment}, and:)`, ...changes].join('\n');
  }

  #shownValue(body: unknown): unknown {
    return this.placeholders.replaceIn(withoutWords(body));
  }

  /** Runs `picket` with these arguments, and writes what it prints and its exit status to the transcript. */
  async picket(transcript: string, argv: readonly string[], options: PicketOptions = {}): Promise<number> {
    const { code, stdout, stderr } = await this.run(argv, options);
    // Not of a coordinator that refuses its operators by now.
    if (code === 0) await this.learn();
    this.note(transcript, commandSaid(['picket', ...argv], { code, stdout: this.#shown(stdout), stderr }));
    return code;
  }

  /** Runs `picket` with these arguments. */
  run(argv: readonly string[], { stdin = '', context = this.contextFile }: PicketOptions = {}): Promise<Finished> {
    return runPicket(argv, { env: { PICKET_CONTEXT: context }, now: this.coordinator.clock.now, stdin });
  }

  /** What `picket` printed; JSON with two spaces is shown as that of an answer. */
  #shown(stdout: string): string {
    if (!/^[[{]\n/.test(stdout)) return stdout;
    const value: unknown = JSON.parse(stdout);
    return stdout === `${JSON.stringify(value, null, 2)}\n` ? `${this.lines(value)}\n` : stdout;
  }

  /** The transcripts, each whole. */
  texts(): ReadonlyMap<string, string> {
    return new Map([...this.transcripts].map(([name, parts]) => [name, parts.join('\n')]));
  }
}

/** How long to wait is counted on a real clock. */
function withRetry(said: string, seconds: string): string {
  if (seconds === '') return said;
  return said
    .replace(`retry-after: ${seconds}`, 'retry-after: <seconds>')
    .replace(`"retryAfterSeconds": ${seconds}`, '"retryAfterSeconds": <seconds>');
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { countedFamilies, families, type Sample } from './families.ts';

/** A request that was answered. */
export interface Answered {
  readonly method: string;
  /** As the API declares it, with the names of its parameters. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** The only file that knows the library: counts what happens between scrapes, and writes the text of one. */
export class Exposition {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #counted = new Registry();
  readonly #duration: Histogram<'method' | 'route'>;
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #errors: Counter<'code'>;

  constructor() {
    const registers = [this.#counted];
    const { picket_http_request_duration_seconds, picket_http_requests_total, picket_http_errors_total } =
      countedFamilies;
    this.#duration = new Histogram({
      name: 'picket_http_request_duration_seconds',
      help: picket_http_request_duration_seconds.help,
      labelNames: picket_http_request_duration_seconds.labels,
      // A Pi answers most in 5 to 100 ms; a snapshot takes seconds.
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
      registers,
    });
    this.#requests = new Counter({
      name: 'picket_http_requests_total',
      help: picket_http_requests_total.help,
      labelNames: picket_http_requests_total.labels,
      registers,
    });
    this.#errors = new Counter({
      name: 'picket_http_errors_total',
      help: picket_http_errors_total.help,
      labelNames: picket_http_errors_total.labels,
      registers,
    });
  }

  countAnswer({ method, route, status, seconds }: Answered): void {
    this.#duration.observe({ method, route }, seconds);
    this.#requests.inc({ method, route, status: `${Math.floor(status / 100)}xx` });
  }

  /** @param code of the one table of errors, so there are only so many */
  countError(code: string): void {
    this.#errors.inc({ code });
  }

  /**
   * The text of a scrape. Between two families others get their turn, since a thousand members are a megabyte of text.
   */
  async render(samples: readonly Sample[]): Promise<string> {
    const byFamily = Map.groupBy(samples, ({ family }) => family);
    const parts: string[] = [];
    for (const [name, { kind, help, labels }] of Object.entries(families)) {
      const own = byFamily.get(name as Sample['family']);
      if (own === undefined) continue;
      const registers = [new Registry()];
      const declared = { name, help, labelNames: [...labels], registers };
      const metric = kind === 'gauge' ? new Gauge(declared) : new Counter(declared);
      for (const one of own) metric.inc(one.labels, one.value);
      parts.push(await textOf(registers));
      await nextTurn();
    }
    parts.push(await textOf([this.#counted]));
    return parts.join('\n');
  }
}

async function textOf([registry]: readonly Registry[]): Promise<string> {
  return (await registry?.metrics()) ?? '';
}

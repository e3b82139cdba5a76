import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, Histogram, Registry } from 'prom-client';
import { countedFamilies, families, type Sample } from './families.ts';

/** A request that was answered. */
export interface Answered {
  readonly method: string;
  /** As the API declares it, with the names of its parameters. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** The only file that knows the library, which counts what happens between scrapes. Writes the text of a scrape. */
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
   * The text of a scrape. Between two families others get their turn, since a thousand members are three megabytes of text. The
   * library would keep an object for each sample first, which takes several times as long.
   */
  async render(samples: readonly Sample[]): Promise<string> {
    const byFamily = Map.groupBy(samples, ({ family }) => family);
    const parts: string[] = [];
    for (const [name, { kind, help }] of Object.entries(families)) {
      const own = byFamily.get(name as Sample['family']);
      if (own === undefined) continue;
      // Of several samples with the same labels, such as two notices of one code, the sum.
      const series = new Map<string, number>();
      for (const { labels, value } of own) {
        const of = labelsText(labels);
        series.set(of, (series.get(of) ?? 0) + value);
      }
      const lines = [...series].map(([of, value]) => `${name}${of} ${value}\n`);
      parts.push(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`);
      await nextTurn();
    }
    parts.push(await this.#counted.metrics());
    return parts.join('\n');
  }
}

/** As the text format of Prometheus has them: a backslash, a quote and the end of a line are escaped. */
function labelsText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}

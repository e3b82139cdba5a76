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
    const optionsOf = <Name extends keyof typeof countedFamilies>(name: Name) => {
      const { help, labels: labelNames } = countedFamilies[name];
      return { name, help, labelNames, registers: [this.#counted] };
    };
    // A Pi answers most in 5 to 100 ms; a snapshot takes seconds.
    const buckets = [0.005, 0.025, 0.1, 0.5, 2.5, 10];
    this.#duration = new Histogram({ ...optionsOf('picket_http_request_duration_seconds'), buckets });
    this.#requests = new Counter(optionsOf('picket_http_requests_total'));
    this.#errors = new Counter(optionsOf('picket_http_errors_total'));
  }

  countAnswer({ method, route, status, seconds }: Answered): void {
    this.#duration.observe({ method, route }, seconds);
    this.#requests.inc({ method, route, status: `${Math.floor(status / 100)}xx` });
  }

  /** @param code of the one table of errors, so there are only so many */
  countError(code: string): void {
    this.#errors.inc({ code });
  }

  /** For one scrape; the counts are those at its end. */
  begin(): ScrapeText {
    return new ScrapeText(() => this.#counted.metrics());
  }
}

/**
 * The text of a scrape, which grows with each cluster: the samples of all clusters at the same time would take several times
 * the memory of their text (R18). The library would keep an object for each sample, too.
 */
export class ScrapeText {
  readonly #linesOf = new Map<Sample['family'], string[]>();
  readonly #counted: () => Promise<string>;

  constructor(counted: () => Promise<string>) {
    this.#counted = counted;
  }

  /** Of several samples with the same labels, such as two notices of one code, the sum. Further calls have other labels. */
  add(samples: readonly Sample[]): void {
    for (const [family, own] of Map.groupBy(samples, (one) => one.family)) {
      const series = new Map<string, number>();
      for (const { labels, value } of own) {
        const of = labelsText(labels);
        series.set(of, (series.get(of) ?? 0) + value);
      }
      const lines = Array.from(series, ([of, value]) => `${family}${of} ${value}\n`).join('');
      const before = this.#linesOf.get(family);
      if (before === undefined) this.#linesOf.set(family, [lines]);
      else before.push(lines);
    }
  }

  /** Between two families others get their turn, since a thousand members are three megabytes of text. */
  async finish(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (const [name, { kind, help }] of Object.entries(families)) {
      const lines = this.#linesOf.get(name as Sample['family']);
      if (lines === undefined) continue;
      this.#linesOf.delete(name as Sample['family']);
      parts.push(Buffer.from(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}\n`));
      await nextTurn();
    }
    return Buffer.concat([...parts, Buffer.from(await this.#counted())]);
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

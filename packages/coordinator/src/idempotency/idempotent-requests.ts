import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { SecretBox } from '../authority/secret-box.ts';
import type { IdempotencyKey, IdempotentRequestRecord, Repositories } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';

/** A request that its sender may repeat without a second effect. */
export interface IdempotentRequest extends IdempotencyKey {
  /** Equal for two requests that ask for the same. */
  readonly fingerprint: string;
}

/** What a repetition is answered with. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** How many requests of one operator are kept (R18). */
export const mostIdempotentRequests = 1000;
/** Of an answer as JSON, which is nearly all ASCII; that about a cluster of 50 members is far below it. */
const mostAnswerCharacters = 128 * 1024;
const tooLarge = '';

export type IdempotentRequests = ReturnType<typeof openIdempotentRequests>;

/**
 * Carries out a request with an idempotency key once, and answers each repetition as the first was answered, also after a
 * restart. Answers can contain join strings and login strings, so they are encrypted (R11). What the coordinator began and
 * did not finish is never carried out again: nobody knows how far it came.
 */
export function openIdempotentRequests({ box, now }: { readonly box: SecretBox; readonly now: () => Instant }) {
  const running = new Set<number>();

  function answerOf(request: IdempotentRequest, { number, fingerprint, answer }: IdempotentRequestRecord): KeptAnswer {
    const { key } = request;
    const asked = box.open(fingerprint, purposeOf('request', request));
    if (asked === null) throw unknown(key, reason('kept_answer_unreadable'));
    if (asked !== request.fingerprint) throw failure('idempotency_key_reused', { key });
    if (answer === null) {
      if (running.has(number)) throw failure('idempotent_request_running', { key, retryAfterSeconds: 1 });
      throw unknown(key, reason('idempotent_request_cut_off'));
    }
    if (answer === tooLarge) throw unknown(key, reason('answer_too_large_to_keep'));
    const kept = box.open(answer, purposeOf('answer', request));
    if (kept === null) throw unknown(key, reason('kept_answer_unreadable'));
    return JSON.parse(kept) as KeptAnswer;
  }

  return {
    /**
     * The answer to a repetition; null for a first request. Within the transaction that {@link begin}s it. Throws
     * `idempotency_key_reused`, `idempotent_request_running`, `idempotent_answer_unknown`.
     */
    async find({ idempotentRequests }: Repositories, request: IdempotentRequest): Promise<KeptAnswer | null> {
      const known = await idempotentRequests.find(request);
      return known && answerOf(request, known);
    },

    /**
     * Stores a first request as begun, within the transaction that records it. Until {@link ended} it counts as running.
     *
     * @param number of the entry that records it. The operator and the key do not name it: when an operator is revoked,
     *   another person may get the name and use the key, while the request still runs.
     */
    async begin({ idempotentRequests }: Repositories, request: IdempotentRequest, number: number) {
      const { operator, key } = request;
      const fingerprint = box.close(request.fingerprint, purposeOf('request', request));
      const record = { number, operator, key, begunAt: now(), fingerprint, answer: null };
      await idempotentRequests.begin(record, mostIdempotentRequests);
      running.add(number);
    },

    /** Within the transaction that records the result. Null for a refused request, which may be sent again. */
    async finish(
      { idempotentRequests }: Repositories,
      request: IdempotentRequest,
      number: number,
      answer: KeptAnswer | null,
    ) {
      if (answer === null) return idempotentRequests.remove(number);
      const text = JSON.stringify(answer);
      const kept = text.length > mostAnswerCharacters ? tooLarge : box.close(text, purposeOf('answer', request));
      return idempotentRequests.keepAnswer(number, kept);
    },

    /** Nothing is being done for this request any longer. */
    ended(number: number): void {
      running.delete(number);
    },
  };
}

function unknown(key: string, why: Reason) {
  return failure('idempotent_answer_unknown', { key, reason: why });
}

function purposeOf(what: 'request' | 'answer', { operator, key }: IdempotencyKey): string {
  return `idempotent ${what} ${operator} ${key}`;
}

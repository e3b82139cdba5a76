/** Why a request with a known idempotency key gets no answer. */
export const idempotencyReasons = {
  idempotent_request_cut_off: 'its result was not stored, because the coordinator stopped or could not write',
  kept_answer_unreadable: 'the stored answer cannot be decrypted',
  answer_too_large_to_keep: 'the request was carried out, and its answer was too large to store',
} as const;

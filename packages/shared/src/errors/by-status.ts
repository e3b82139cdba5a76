/** Makes the errors of one HTTP status: what happened, and what to do. `{name}` in these texts is replaced by a fact. */
function errorsOf<const Status extends number>(status: Status) {
  return <const Message extends string, const Hint extends string>(message: Message, hint: Hint) =>
    ({ status, message, hint }) as const;
}

// Names and numbers of RFC 9110, and of RFC 6585 and RFC 4918 for 429 and 507.
export const badRequest = errorsOf(400);
export const unauthorized = errorsOf(401);
export const forbidden = errorsOf(403);
export const notFound = errorsOf(404);
export const conflict = errorsOf(409);
export const preconditionFailed = errorsOf(412);
export const contentTooLarge = errorsOf(413);
export const unprocessableContent = errorsOf(422);
export const tooManyRequests = errorsOf(429);
export const internalError = errorsOf(500);
export const badGateway = errorsOf(502);
export const unavailable = errorsOf(503);
export const gatewayTimeout = errorsOf(504);
export const insufficientStorage = errorsOf(507);

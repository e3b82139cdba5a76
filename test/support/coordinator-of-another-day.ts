// The coordinator with a clock that is some days ahead. The product cannot be told so: it would be told by mistake.
import { programs } from './programs.ts';

const ahead = Number(process.env.PICKET_TEST_DAYS_AHEAD) * 86_400_000;
const { now } = Date;
Date.now = () => now() + ahead;
await import(programs.coordinator);

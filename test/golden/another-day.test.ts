import t from 'tap';
import { scenesHold } from './on-another-day.ts';

const skip = process.env.PICKET_RECORD ? 'the transcripts are being recorded' : false;

// All scenes, on days and in zones in turn, are in ../long/other-days.test.ts.
t.test('the scenes of the API hold on 29 February, where the date is another one than in UTC', { skip }, async (t) => {
  await scenesHold(t, { at: new Date('2028-02-29T12:00:00Z'), zone: 'Pacific/Auckland', scenes: ['api', 'rendered'] });
});

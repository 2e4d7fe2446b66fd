import { intrinsicValue } from './intrinsic-value.ts';
import type { Text } from './intrinsics.ts';
import { flag, integer, invalid, objectOf } from './setting-values.ts';

/** `custom.tablecast.alarms`. */
export interface AlarmSettings {
  /** False leaves every alarm out of the template. Default true. */
  readonly enabled: boolean;
  /** How far delivery may lag behind the tables, in seconds: 1–86 400, default 60. */
  readonly iteratorAgeSeconds: number;
  /** SNS topic that is told when an alarm goes on and off. Without one alarms are to be looked at, and call nobody. */
  readonly topic?: Text;
}

const AT = 'custom.tablecast.alarms';
const KEYS = ['enabled', 'iteratorAgeSeconds', 'topic'];
const TOPIC =
  'the ARN of an SNS topic such as arn:aws:sns:us-east-1:123456789012:ops, Ref, Fn::GetAtt, Fn::Sub or Fn::ImportValue';

/** @throws TablecastError `CONFIG_INVALID` */
export function alarmSettingsOf(value: unknown): AlarmSettings {
  const given = objectOf(AT, value ?? {}, KEYS);
  const topic = given.get('topic');
  return {
    enabled: flag('alarms.enabled', given.get('enabled'), true),
    iteratorAgeSeconds: integer('alarms.iteratorAgeSeconds', given.get('iteratorAgeSeconds'), 1, 86_400, 60),
    // An empty text is what an environment variable that is not set leaves.
    ...(topic !== undefined && topic !== null && topic !== '' && { topic: topicOf(topic) }),
  };
}

/** Text is an ARN, and of a standard topic: an alarm cannot tell a FIFO one. */
function topicOf(value: unknown): Text {
  if (typeof value !== 'string') return intrinsicValue(`${AT}.topic`, value, TOPIC);
  if (/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256}$/.test(value)) return value;
  throw invalid(`${AT}.topic`, TOPIC, JSON.stringify(value));
}

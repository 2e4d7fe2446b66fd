/**
 * The few CloudFormation intrinsics this package writes.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
export type Intrinsic =
  | { readonly Ref: string }
  | { readonly 'Fn::GetAtt': readonly [string, string] }
  | { readonly 'Fn::Sub': string }
  | { readonly 'Fn::ImportValue': string | Intrinsic };

/** A text that is known now, or one that CloudFormation fills in. */
export type Text = string | Intrinsic;

/** One entry of a template's `Resources`. */
export interface Resource {
  readonly Type: string;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: 'Retain';
  readonly UpdateReplacePolicy?: 'Retain';
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** `Resources` of a template: logical id → resource. */
export type Resources = Readonly<Record<string, Resource>>;

export function ref(logicalId: string): Intrinsic {
  return { Ref: logicalId };
}

export function getAtt(logicalId: string, attribute: string): Intrinsic {
  return { 'Fn::GetAtt': [logicalId, attribute] };
}

/** An ARN of this account and region; `${…}` in `resource` is filled in by CloudFormation. */
export function arnOf(service: string, resource: string): Intrinsic {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}` };
}

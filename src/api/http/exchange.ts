import type { Presented } from '../../auth/identity.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';

/** One HTTP request, whatever server it came through. */
export interface HttpRequest {
  /** In upper case, as HTTP has it. */
  readonly method: string;
  /** What follows `?` in the address, as it was sent; '' when there is none. */
  readonly query: string;
  /** Name and value of each header; names in any case. */
  readonly headers: Iterable<readonly [string, string | undefined]>;
  /** Absent when the request has none. */
  readonly body?: Uint8Array;
  /** What an authoriser in front of us says of it, which counts; absent when none has said anything, and the headers do. */
  readonly presented?: Presented;
}

/** The answer to it; header names are lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or '' where the status allows no body. */
  readonly body: string;
}

/** What the HTTP API takes and answers. */
export interface HttpSettings {
  /** Longest body taken, in bytes. */
  readonly maxBodyBytes: number;
  /**
   * Longest body answered, in bytes of UTF-8 once it stands as a JSON string in what a Lambda function returns, which
   * is at most 6,291,556 bytes in all (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
   */
  readonly maxResponseBytes: number;
  /** Origins whose pages may call, compared exactly (`https://app.example.com`); `*` for all. */
  readonly corsOrigins: '*' | readonly string[];
  /** `Limits.jsonDepth`. */
  readonly jsonDepth: number;
}

/** As it is where nothing is configured. */
export const DEFAULT_HTTP_SETTINGS: HttpSettings = {
  maxBodyBytes: 128 * 1024,
  maxResponseBytes: 6_000_000,
  corsOrigins: '*',
  jsonDepth: DEFAULT_LIMITS.jsonDepth,
};

import { createSdkTransport } from '../../../../src/adapters/apigateway/sdk-transport.ts';
import { measure } from '../measure.ts';

await measure(createSdkTransport);

import { createHttpsSender } from '../../../../src/adapters/apigateway/https-sender.ts';
import { createLeanTransport } from '../../../../src/adapters/apigateway/lean-transport.ts';
import { measure } from '../measure.ts';

await measure((settings) => createLeanTransport({ ...settings, createSender: createHttpsSender }));

import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';

export const plainProxy = (target: string): RequestHandler => createProxyMiddleware({ target });

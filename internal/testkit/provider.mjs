// A real OpenID Connect provider for the tests: npm's oidc-provider. It prints its
// address, then answers until its input ends. /control?account=…&acr=…&amr=a,b says
// who is at the keyboard and how they proved it; with page=1 they press a button there.
// /control?back=… registers one more address that it may answer to.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(process.argv[2] + '/package.json'));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const backs = new Set(process.argv.slice(3));
let person = { account: 'nadia', acr: 'eidas2', amr: ['pwd', 'otp'], email: 'n.lefevre@valsevre.example', verified: true };

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'parvis', client_secret: 'le secret du client, assez long pour servir',
      redirect_uris: ['http://127.0.0.1:9/'], post_logout_redirect_uris: [], grant_types: ['authorization_code'], response_types: ['code'],
    }],
    acrValues: ['eidas1', 'eidas2'],
    claims: { openid: ['sub'], acr: null, amr: null, auth_time: null, email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    scopes: ['openid', 'email'],
    cookies: { keys: ['keys of the test'] },
    ttl: { IdToken: 3600, AccessToken: 3600, AuthorizationCode: 60, Session: 3600, Grant: 3600, Interaction: 3600 },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true }, claimsParameter: { enabled: true } },
    interactions: { url: (_, i) => `/interaction/${i.uid}` },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: person.email, email_verified: person.verified }) }),
  });
  provider.Client.prototype.redirectUriAllowed = uri => backs.has(uri);
  provider.Client.prototype.postLogoutRedirectUriAllowed = uri => backs.has(uri);
  const answer = provider.callback();
  server.on('request', async (req, res) => {
    const url = new URL(req.url, issuer);
    if (url.pathname === '/control') {
      const q = url.searchParams;
      if (q.has('back')) { backs.add(q.get('back')); res.end('ok'); return; }
      person = { account: q.get('account'), acr: q.get('acr'), amr: (q.get('amr') ?? '').split(',').filter(Boolean), email: q.get('email'), verified: q.get('verified') === '1', page: q.get('page') === '1' };
      res.end('ok');
      return;
    }
    if (url.pathname.startsWith('/interaction/')) {
      if (person.page && req.method === 'GET') {
        res.setHeader('content-type', 'text/html; charset=utf-8');
        res.end(`<!doctype html><html lang="fr"><title>Annuaire</title><h1>Annuaire de la ville</h1><form method="post" action="${url.pathname}"><button>Je suis bien moi</button></form></html>`);
        return;
      }
      try {
        const { params } = await provider.interactionDetails(req, res);
        const grant = new provider.Grant({ accountId: person.account, clientId: params.client_id });
        grant.addOIDCScope(params.scope);
        await provider.interactionFinished(req, res, {
          login: { accountId: person.account, acr: person.acr || undefined, amr: person.amr, remember: true },
          consent: { grantId: await grant.save() },
        }, { mergeWithLastSubmission: false });
      } catch (e) {
        res.statusCode = 500;
        res.end(String(e));
      }
      return;
    }
    answer(req, res);
  });
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

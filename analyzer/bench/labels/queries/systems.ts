/** The checkouts the labels speak of, at the commit they were read at; `root` is what is analyzed: the folder that holds the code and its schema. */
export interface LabelledSystem { readonly name: string; readonly source: string; readonly directory: string; readonly root: string }

const system = (name: string, repository: string, commit: string, root = '.'): LabelledSystem => ({ name, source: `${repository} ${commit}`, directory: name, root });

export const LABELLED: readonly LabelledSystem[] = [
  system('amplication', 'amplication/amplication', 'd533515daf0845d82cd7edbe0e5c5f927cf2388a', 'packages'),
  system('audiobookshelf', 'advplyr/audiobookshelf', '1b46d68027f3dcd88a4ef596fe6d005541fea3c6', 'server'),
  system('bigcapital', 'bigcapitalhq/bigcapital', 'af80afcf598377d50c819661fa7ae56e19893d2e', 'packages/server'),
  system('botpress', 'botpress/v12', '179cb6961b9278634a07e354a54fb8df534d2ebf'),
  system('central', 'getodk/central-backend', '4f5943d13dd775fcecd2e21f9b8957db885d1ca3'),
  system('codimd', 'hackmdio/codimd', 'b1188a5648a23d970b9ad58612376e6602431f6f'),
  system('documenso', 'documenso/documenso', '75330166cc00b29c14399bc2e391e4b4d8080c00'),
  system('flowise', 'FlowiseAI/Flowise', 'ababf4c8ebc0263e03aeeb917832251d3fd785e4', 'packages/server'),
  system('formbricks', 'formbricks/formbricks', 'b66c1dd978af618a0e402bd3343b456bed68594c'),
  system('gauzy', 'ever-co/ever-gauzy', '39a5c3adfe123197e2b89086b756f086b77cfda3', 'packages'),
  system('ghostfolio', 'ghostfolio/ghostfolio', 'c542997d27990365b607c7a6c9fe4bc8835a55c8'),
  system('hexabot', 'hexabot-ai/Hexabot', '3c5473d1f0a3c99f47a2c88cb6e8bd1e9b2e9e5e', 'packages/api'),
  system('hoppscotch', 'hoppscotch/hoppscotch', 'afc2cf181c16e56647b099e5d18cfe55710c6cdd', 'packages/hoppscotch-backend'),
  system('immich', 'CSG-Development/immich-app-immich', '9fe80c25ebf2ba31253ce412caa8b1c531aafde4', 'server/src'),
  system('kutt', 'thedevs-network/kutt', 'fc832d7e7243d5472714e17abfe84b908901e1a7'),
  system('langfuse', 'langfuse/langfuse', '62751446149b702b419a9292ddfc2280cdf74b8c'),
  system('logto', 'logto-io/logto', '1fbc55441fd28d9e3e7d69c1522e7654dccfe99c', 'packages'),
  system('medusa', 'medusajs/medusa', '59e6747800133e091d20c2c167f600981abc5c0d', 'packages'),
  system('novu', 'novuhq/novu', '74a2e9a6a295cd5a17aa9806914b4574fecce737'),
  system('opencollective', 'opencollective/opencollective-api', 'e3f35f58970e39eeaa678a8990dfd72d0e71a9ce'),
  system('outline', 'outline/outline', 'd77dcdf853868c5d5fe125c895c9b71f0eff5c68', 'server'),
  system('overseerr', 'sct/overseerr', '46a9b244efd81e0e70a16a851252114bc2d3c2ca', 'server'),
  system('postiz', 'gitroomhq/postiz-app', '74b01ada154a177242d558bedc646fcfed100adf'),
  system('spacebar', 'spacebarchat/server', '74df883a440484a5b6685521c7074e3d77fb9c1f'),
  system('standardnotes', 'standardnotes/server', '31d2b8a092d8e85982c367197ffcf97cc07e2669', 'packages'),
  system('teable', 'teableio/teable', 'c398cf4e0d79dfba72a3c8e98234e6b5d8bc17a6'),
  system('unleash', 'Unleash/unleash', 'ceeb5a9ca6d0beb0cabf041d6a27ffd2d6501859', 'src'),
  system('vendure', 'vendure-ecommerce/vendure', '1633446f4ee203e5e3fbca628bee952893bffa5b', 'packages'),
  system('wiki', 'requarks/wiki', '6f042e97cc2d3acda6b6ff611de8e0faacce91c1', 'server'),
];

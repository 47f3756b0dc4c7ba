//! A hand-made marketplace client, so that the testnet is not judged by the engine that it judges.

use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxLegacy, transaction::RlpEcdsaEncodableTx};
use alloy_primitives::{Address, TxKind, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use engine_tests::testnet::{ChainName, Testnet};
use futures_util::StreamExt;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message},
};

/// An account with a key and a connection.
pub(crate) struct Player {
    http: Client,
    base: String,
    key: PrivateKeySigner,
    chain: ChainName,
}

impl Player {
    /// The account of the private key that is `digit` 64 times.
    pub(crate) fn new(net: &Testnet, digit: u8) -> Self {
        Self::on(net, digit, ChainName::Side)
    }

    /// The same with requests about any chain.
    pub(crate) fn on(net: &Testnet, digit: u8, chain: ChainName) -> Self {
        // The client is built without a TLS provider of its own, and plain http needs none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = PrivateKeySigner::from_slice(&[digit; 32]).unwrap();
        Self { http: Client::new(), base: net.url(), key, chain }
    }

    pub(crate) fn account(&self) -> Address {
        self.key.address()
    }

    /// Status and JSON of any request; `path` may have a query of its own.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        self.try_ask(method, path, body).await.unwrap()
    }

    /// The same where the connection may end before the answer.
    pub(crate) async fn try_ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<(u16, Value)> {
        let url = format!("{}{path}", self.base);
        let account = self.account().to_checksum(None);
        let mut request =
            self.http.request(method, url).query(&[("account", account), ("chain", self.chain.to_string())]);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_else(|_| text())))
    }

    /// The result of a request that has to succeed.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.result(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.result(Method::POST, path, Some(body)).await
    }

    async fn result(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, mut answer) = self.ask(method, path, body).await;
        assert!(status == 200 && answer["status"] == "OK", "{path}: {status} {answer}");
        answer["result"].take()
    }

    /// Signs an unsigned transaction of the node under a nonce.
    pub(crate) fn sign(&self, unsigned: &Value, nonce: u64) -> String {
        let text = |key: &str| unsigned[key].as_str().unwrap();
        let tx = TxLegacy {
            chain_id: unsigned["chainId"].as_u64(),
            nonce,
            gas_price: u128::from(unsigned["gasPrice"].as_u64().unwrap()),
            gas_limit: unsigned["gas"].as_u64().unwrap(),
            to: TxKind::Call(text("to").parse().unwrap()),
            value: U256::ZERO,
            input: text("data").parse().unwrap(),
        };
        let signature = self.key.sign_hash_sync(&tx.signature_hash()).unwrap();
        let mut bytes = Vec::new();
        tx.rlp_encode_signed(&signature, &mut bytes);
        hex::encode(bytes)
    }

    /// Signs the bytes of a text, without any prefix: `0x`, r, s, and a parity of 0 or 1.
    pub(crate) fn sign_text(&self, text: &str) -> String {
        let signature = self.key.sign_hash_sync(&keccak256(text)).unwrap();
        let mut bytes = signature.as_bytes();
        bytes[64] = u8::from(signature.v());
        format!("0x{}", hex::encode(bytes))
    }

    /// Asks the node for an action's transactions, signs them from `nonce` on, posts them one by one, and
    /// mines two
    /// blocks. The answer to the look-up of their receipts.
    pub(crate) async fn act(&self, net: &Testnet, path: &str, body: Value, nonce: u64) -> (u16, Value) {
        let hashes = self.send(path, body, nonce).await;
        net.mine();
        net.mine();
        self.ask(Method::GET, "/transactions", Some(json!({ "transactions": hashes }))).await
    }

    /// The same without mining; the hashes.
    pub(crate) async fn send(&self, path: &str, body: Value, nonce: u64) -> Vec<String> {
        let made = self.post(&format!("{path}?base_nonce=0"), body).await;
        let mut hashes = Vec::new();
        for (nonce, unsigned) in (nonce..).zip(made["transactions"].as_array().unwrap()) {
            let signed = self.sign(unsigned, nonce);
            let sent = self.post("/transactions", json!({ "transactions": [signed] })).await;
            hashes.push(sent[0]["message"].as_str().unwrap().to_owned());
        }
        hashes
    }
}

/// The hash that promises verdicts, computed apart from the testnet's own.
pub(crate) fn promise(account: Address, nonce: u64, verdicts: u64) -> String {
    let hash = |n: U256| U256::from_be_bytes(keccak256(n.to_be_bytes::<32>()).0);
    let account = U256::from_be_slice(account.as_slice());
    hash(U256::from(verdicts) ^ hash(U256::from(nonce)) ^ account).to_string()
}

/// The event socket.
pub(crate) struct Listener(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Listener {
    pub(crate) async fn connect(net: &Testnet) -> Self {
        Self::on(net, ChainName::Side).await
    }

    pub(crate) async fn on(net: &Testnet, chain: ChainName) -> Self {
        let url = format!("ws://{}/events/?chain={chain}", net.address());
        Self(connect_async(url).await.unwrap().0)
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Value {
        let message = self.message().await.unwrap().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    }

    /// The connection ends before another event comes.
    pub(crate) async fn ended(&mut self) -> bool {
        !matches!(self.message().await, Some(Ok(_)))
    }

    /// One that does not come for a minute is missed: the test fails instead of hanging.
    async fn message(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        timeout(Duration::from_secs(60), self.0.next()).await.unwrap()
    }

    /// Skips to an event of this name, and counts what was skipped.
    pub(crate) async fn until(&mut self, name: &str) -> Value {
        loop {
            let event = self.next().await;
            if event["event"] == name {
                return event;
            }
        }
    }
}

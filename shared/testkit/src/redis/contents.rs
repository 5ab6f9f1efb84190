//! What is in a server, and who is connected to it.

use std::{collections::BTreeSet, io};

use tokio::net::UnixStream;

use super::{OWN_NAME, Reply, Server, reply::Conversation};

impl Server {
    /// The name and the value of every key in every database, as raw bytes one after another, to be searched for what
    /// must not be there.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn dump(&self) -> Vec<u8> {
        self.contents().await.expect("the server answers")
    }

    /// The names of the keys that would stay for ever, of every database, sorted.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn keys_without_ttl(&self) -> Vec<String> {
        self.lasting_keys().await.expect("the server answers")
    }

    /// How many connections it has, those of this module's own commands left out. Replicas and Sentinels count.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn clients(&self) -> usize {
        let list = self.command(&["CLIENT", "LIST"]).await.expect("the server answers");
        let own = format!(" name={OWN_NAME} ");
        list.text().unwrap_or_default().lines().filter(|line| !line.contains(&own)).count()
    }

    async fn contents(&self) -> io::Result<Vec<u8>> {
        let mut conversation = self.converse().await?;
        let mut bytes = Vec::new();
        for database in databases(&mut conversation).await? {
            conversation.must(&[b"SELECT", database.as_bytes()]).await?;
            for key in keys(&mut conversation).await? {
                let value = value(&mut conversation, &key).await?;
                append(&Reply::Bulk(key), &mut bytes);
                append(&value, &mut bytes);
            }
        }
        Ok(bytes)
    }

    async fn lasting_keys(&self) -> io::Result<Vec<String>> {
        let mut conversation = self.converse().await?;
        let mut lasting = BTreeSet::new();
        for database in databases(&mut conversation).await? {
            conversation.must(&[b"SELECT", database.as_bytes()]).await?;
            for key in keys(&mut conversation).await? {
                if conversation.must(&[b"PTTL", &key]).await? == Reply::Integer(-1) {
                    lasting.insert(String::from_utf8_lossy(&key).into_owned());
                }
            }
        }
        Ok(lasting.into_iter().collect())
    }
}

/// The numbers of the databases that are not empty.
async fn databases(conversation: &mut Conversation<UnixStream>) -> io::Result<Vec<String>> {
    let info = conversation.must(&[b"INFO", b"keyspace"]).await?;
    let lines = info.text().unwrap_or_default().lines();
    let numbers = lines.filter_map(|line| line.strip_prefix("db")?.split_once(':'));
    Ok(numbers.map(|(number, _)| number.to_owned()).collect())
}

/// The names of all keys of the selected database.
async fn keys(conversation: &mut Conversation<UnixStream>) -> io::Result<BTreeSet<Vec<u8>>> {
    let mut keys = BTreeSet::new();
    let mut cursor = b"0".to_vec();
    loop {
        let page = conversation.must(&[b"SCAN", &cursor, b"COUNT", b"1000"]).await?;
        let [Reply::Bulk(next), Reply::Array(names)] = page.items() else {
            return Err(io::Error::other(format!("SCAN answers {page:?}")));
        };
        keys.extend(
            names.iter().filter_map(|name| if let Reply::Bulk(name) = name { Some(name.clone()) } else { None }),
        );
        if next == b"0" {
            return Ok(keys);
        }
        cursor.clone_from(next);
    }
}

/// The whole value of a key; nothing if it has expired meanwhile.
async fn value(conversation: &mut Conversation<UnixStream>, key: &[u8]) -> io::Result<Reply> {
    let kind = conversation.must(&[b"TYPE", key]).await?;
    match kind.text().unwrap_or_default() {
        "hash" => conversation.must(&[b"HGETALL", key]).await,
        "list" => conversation.must(&[b"LRANGE", key, b"0", b"-1"]).await,
        "none" => Ok(Reply::Nil),
        "set" => conversation.must(&[b"SMEMBERS", key]).await,
        "stream" => conversation.must(&[b"XRANGE", key, b"-", b"+"]).await,
        "string" => conversation.must(&[b"GET", key]).await,
        "zset" => conversation.must(&[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]).await,
        kind => Err(io::Error::other(format!("a value of type {kind}, which a dump does not know"))),
    }
}

/// Line feeds stand between values, lest two of them together look like a third.
fn append(reply: &Reply, bytes: &mut Vec<u8>) {
    match reply {
        Reply::Array(items) => items.iter().for_each(|item| append(item, bytes)),
        Reply::Bulk(value) => {
            bytes.extend_from_slice(value);
            bytes.push(b'\n');
        }
        // Values of keys are bulks; nothing else can hold what a test planted.
        Reply::Error(_) | Reply::Integer(_) | Reply::Nil | Reply::Status(_) => {}
    }
}

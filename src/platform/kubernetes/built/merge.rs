//! How patches change an object: strategic merges as Kustomize makes them, and the operations of JSON Patch (RFC 6902).

use super::value::{BuiltKey, BuiltValue, What};

/// Lists that are merged item by item in the objects of Kubernetes itself, and the key that tells items apart.
const KEYED: &[(&str, &str)] = &[
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("env", "name"),
    ("ports", "containerPort"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("resourceClaims", "name"),
    ("topologySpreadConstraints", "topologyKey"),
];

/// Lays a patch over a value. `keyed` says whether lists are merged item by item, as they are in objects of Kubernetes'
/// own; those of others are replaced.
pub(super) fn merge(base: &mut BuiltValue, patch: &BuiltValue, keyed: bool) {
    let (What::Map(_), What::Map(theirs)) = (&base.what, &patch.what) else {
        *base = patch.clone();
        return;
    };
    if patch.text_at("$patch") == Some("replace") {
        *base = without_directives(patch);
        return;
    }
    base.from.extend(patch.from.iter().cloned());
    for (key, theirs) in theirs.iter().filter(|(key, _)| !key.text.starts_with('$')) {
        let list = KEYED.iter().find(|(list, _)| keyed && *list == key.text).map(|(_, by)| *by);
        let deleted = matches!(theirs.what, What::Null) || theirs.text_at("$patch") == Some("delete");
        let What::Map(ours) = &mut base.what else { return };
        let at = ours.iter().position(|(known, _)| known.text == key.text);
        match (at, list) {
            (Some(at), _) if deleted => {
                ours.remove(at);
            }
            (None, _) if deleted => {}
            (Some(at), Some(by)) => {
                if let Some((known, mine)) = ours.get_mut(at) {
                    merge_list(mine, theirs, by);
                    known.from = if mine.items().is_empty() { key.from.clone() } else { known.from.clone() };
                }
            }
            (Some(at), None) => {
                if let Some((known, mine)) = ours.get_mut(at) {
                    let both = matches!((&mine.what, &theirs.what), (What::Map(_), What::Map(_)));
                    known.from = if both { known.from.clone() } else { key.from.clone() };
                    merge(mine, theirs, keyed);
                }
            }
            (None, _) => ours.push((key.clone(), without_directives(theirs))),
        }
    }
}

/// Merges lists whose items have a key that tells them apart.
fn merge_list(base: &mut BuiltValue, patch: &BuiltValue, by: &str) {
    let (What::List(ours), What::List(theirs)) = (&mut base.what, &patch.what) else {
        *base = patch.clone();
        return;
    };
    let replaces = |item: &BuiltValue| item.text_at("$patch") == Some("replace") && item.get(by).is_none();
    if theirs.iter().any(replaces) {
        ours.clear();
    }
    let mut new = Vec::new();
    for item in theirs.iter().filter(|item| !replaces(item)) {
        let name = item.text_at(by);
        let at = ours.iter().position(|known| name.is_some() && known.text_at(by) == name);
        match at {
            Some(at) if item.text_at("$patch") == Some("delete") => {
                ours.remove(at);
            }
            None if item.text_at("$patch") == Some("delete") => {}
            Some(at) => {
                if let Some(mine) = ours.get_mut(at) {
                    merge(mine, item, true);
                }
            }
            None => new.push(without_directives(item)),
        }
    }
    // Kustomize puts what is new in front.
    new.append(ours);
    *ours = new;
}

/// A part of a patch as it stands in the object afterwards.
fn without_directives(value: &BuiltValue) -> BuiltValue {
    let mut value = value.clone();
    match &mut value.what {
        What::Map(map) => {
            map.retain(|(key, value)| !key.text.starts_with('$') && !matches!(value.what, What::Null));
            for (_, value) in map.iter_mut() {
                *value = without_directives(value);
            }
        }
        What::List(items) => {
            for item in items.iter_mut() {
                *item = without_directives(item);
            }
        }
        _ => {}
    }
    value
}

/// Does one operation of a JSON Patch; nothing where it is refused.
pub(super) fn operate(object: &mut BuiltValue, operation: &BuiltValue) -> Option<()> {
    let path = pointer(operation.text_at("path")?)?;
    match operation.text_at("op")? {
        "add" => add(object, &path, operation.get("value")?.clone(), operation),
        "replace" => {
            let place = at(object, &path)?;
            *place = operation.get("value")?.clone();
            Some(())
        }
        "remove" => take(object, &path).map(|_| ()),
        "move" => {
            let moved = take(object, &pointer(operation.text_at("from")?)?)?;
            add(object, &path, moved, operation)
        }
        "copy" => {
            let copied = at(object, &pointer(operation.text_at("from")?)?)?.clone();
            add(object, &path, copied, operation)
        }
        "test" => Some(()),
        _ => None,
    }
}

/// The keys of a JSON pointer.
fn pointer(path: &str) -> Option<Vec<String>> {
    let keys = path.strip_prefix('/')?.split('/');
    Some(keys.map(|key| key.replace("~1", "/").replace("~0", "~")).collect())
}

fn at<'v>(value: &'v mut BuiltValue, path: &[String]) -> Option<&'v mut BuiltValue> {
    path.iter().try_fold(value, |value, key| match &mut value.what {
        What::List(items) => items.get_mut(key.parse::<usize>().ok()?),
        What::Map(map) => map.iter_mut().find(|(known, _)| known.text == *key).map(|(_, value)| value),
        _ => None,
    })
}

fn add(object: &mut BuiltValue, path: &[String], new: BuiltValue, operation: &BuiltValue) -> Option<()> {
    let (last, way) = path.split_last()?;
    let holder = at(object, way)?;
    match &mut holder.what {
        What::List(items) if last == "-" => items.push(new),
        What::List(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index <= items.len())?;
            items.insert(index, new);
        }
        What::Map(map) => {
            map.retain(|(key, _)| key.text != *last);
            let from = operation.from.first()?.clone();
            map.push((BuiltKey { text: last.clone(), from }, new));
        }
        _ => return None,
    }
    Some(())
}

fn take(object: &mut BuiltValue, path: &[String]) -> Option<BuiltValue> {
    let (last, way) = path.split_last()?;
    let holder = at(object, way)?;
    match &mut holder.what {
        What::List(items) => {
            let index = last.parse::<usize>().ok().filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        What::Map(map) => {
            let index = map.iter().position(|(key, _)| key.text == *last)?;
            Some(map.remove(index).1)
        }
        _ => None,
    }
}

//! Resources of operators, as small types of our own: only the fields that we set. Tests hold them to the operators' schemas.
//!
//! A field that is left out has its type's default, so that objects with a missing field can be read and found wanting.

/// Makes types of resources. What has its type's default (no text, nothing in a list, `None`) is not written.
macro_rules! fields {
    ($($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $kind:ty,)* })*) => {
        $($(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_about])*
            #[serde(skip_serializing_if = "crate::resource::is_default")]
            pub $field: $kind,)*
        })*
    };
}

pub mod certificate;
pub mod cnpg;
pub mod gateway;
pub mod keda;
pub mod monitoring;
pub mod nack;

use k8s_openapi::{
    Metadata, NamespaceResourceScope, Resource, apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct as _};

/// What the spec of a custom resource says of its kind.
pub trait Kind {
    /// Such as `keda.sh/v1alpha1`.
    const API_VERSION: &'static str;
    /// Such as `ScaledObject`.
    const KIND: &'static str;
}

/// Whether nobody has set it.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A custom resource: metadata and a spec.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Custom<S> {
    /// Its name, labels and annotations.
    pub metadata: ObjectMeta,
    /// What is wanted.
    pub spec: S,
}

impl<S: Kind> Resource for Custom<S> {
    const API_VERSION: &'static str = S::API_VERSION;
    const GROUP: &'static str = "";
    const KIND: &'static str = S::KIND;
    const VERSION: &'static str = "";
    const URL_PATH_SEGMENT: &'static str = "";
    type Scope = NamespaceResourceScope;
}

impl<S: Kind> Metadata for Custom<S> {
    type Ty = ObjectMeta;

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl<S: Kind + Serialize> Serialize for Custom<S> {
    fn serialize<R: Serializer>(&self, serializer: R) -> Result<R::Ok, R::Error> {
        let mut object = serializer.serialize_struct(S::KIND, 4)?;
        object.serialize_field("apiVersion", S::API_VERSION)?;
        object.serialize_field("kind", S::KIND)?;
        object.serialize_field("metadata", &self.metadata)?;
        object.serialize_field("spec", &self.spec)?;
        object.end()
    }
}

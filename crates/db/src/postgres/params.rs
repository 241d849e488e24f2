//! Parameters in PostgreSQL's binary format. A value is sent only as the type the server expects
//! at its place; what does not fit is an error that names types, never the value.

use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use postgres_types::{IsNull, ToSql, Type};

use crate::value::Param;

/// A parameter of a type or size that its place does not take.
#[derive(Debug)]
pub(super) struct Unfit {
    given: &'static str,
    wanted: Type,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not fit {}", self.given, self.wanted)
    }
}

impl Error for Unfit {}

impl ToSql for Param {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let unfit = |given| Box::new(Unfit { given, wanted: ty.clone() });
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Text(text) => match *ty {
                Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                    out.put_slice(text.as_bytes());
                }
                _ => return Err(unfit("text")),
            },
            Self::Integer(number) => {
                let unfit = |_| unfit("an integer of this size");
                match *ty {
                    Type::INT8 => out.put_i64(*number),
                    Type::INT4 => out.put_i32(i32::try_from(*number).map_err(unfit)?),
                    Type::INT2 => out.put_i16(i16::try_from(*number).map_err(unfit)?),
                    _ => return Err(Box::new(Unfit { given: "an integer", wanted: ty.clone() })),
                }
            }
            Self::Boolean(truth) => match *ty {
                Type::BOOL => out.put_u8(u8::from(*truth)),
                _ => return Err(unfit("a boolean")),
            },
            Self::Uuid(id) => match *ty {
                Type::UUID => out.put_slice(id.as_bytes()),
                _ => return Err(unfit("an identifier")),
            },
            Self::Bytes(bytes) => match *ty {
                Type::BYTEA => out.put_slice(bytes),
                _ => return Err(unfit("bytes")),
            },
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(param: &Param, ty: &Type) -> Result<Vec<u8>, String> {
        let mut out = BytesMut::new();
        param.to_sql(ty, &mut out).map(|_| out.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_integer_takes_the_width_of_its_place() {
        assert_eq!(sent(&Param::Integer(1), &Type::INT8).unwrap().len(), 8);
        assert_eq!(sent(&Param::Integer(-1), &Type::INT4).unwrap(), [255; 4]);
        assert_eq!(sent(&Param::Integer(258), &Type::INT2).unwrap(), [1, 2]);
    }

    #[test]
    fn what_does_not_fit_is_refused_without_its_value() {
        let error = sent(&Param::Integer(1 << 40), &Type::INT4).unwrap_err();
        assert_eq!(error, "an integer of this size does not fit int4");
        let error = sent(&Param::Text("secret".to_owned()), &Type::UUID).unwrap_err();
        assert_eq!(error, "text does not fit uuid");
        assert!(sent(&Param::Boolean(true), &Type::INT8).is_err());
    }
}

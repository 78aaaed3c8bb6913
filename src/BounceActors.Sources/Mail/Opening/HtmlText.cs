using System.Text;
using MimeKit.Text;

namespace BounceActors.Sources.Mail.Opening;

/// <summary>The text of an HTML page, a line for each block.</summary>
internal static class HtmlText
{
    public static string From(string html)
    {
        var text = new StringBuilder(html.Length / 2);
        var tokens = new HtmlTokenizer(new StringReader(html)) { DecodeCharacterReferences = true };
        var hidden = 0;
        var verbatim = 0;
        while (tokens.ReadNextToken(out var token))
        {
            switch (token)
            {
                case HtmlTagToken tag when tag.Id is HtmlTagId.Style or HtmlTagId.Script or HtmlTagId.Title:
                    hidden = tag.IsEndTag ? Math.Max(0, hidden - 1) : hidden + (tag.IsEmptyElement ? 0 : 1);
                    break;
                case HtmlTagToken tag when IsBlock(tag.Id):
                    text.Append('\n');
                    verbatim += tag.Id != HtmlTagId.Pre ? 0 : tag.IsEndTag ? -1 : 1;
                    break;
                case HtmlTagToken { Id: HtmlTagId.TD or HtmlTagId.TH }:
                    text.Append(' ');
                    break;
                case HtmlTagToken tag when tag.Name.Contains('@'):
                    // An address whose angle brackets were not escaped
                    text.Append('<').Append(tag.Name).Append('>');
                    break;
                case HtmlDataToken data when hidden == 0 && token is not HtmlScriptDataToken:
                    if (verbatim > 0)
                    {
                        text.Append(data.Data);
                    }
                    else
                    {
                        AppendCollapsed(text, data.Data);
                    }

                    break;
            }
        }

        return text.ToString();
    }

    private static void AppendCollapsed(StringBuilder text, string data)
    {
        foreach (var c in data)
        {
            if (!char.IsWhiteSpace(c))
            {
                text.Append(c);
            }
            else if (text.Length > 0 && text[^1] is not (' ' or '\n'))
            {
                text.Append(' ');
            }
        }
    }

    private static bool IsBlock(HtmlTagId id) => id is HtmlTagId.Br or HtmlTagId.P or HtmlTagId.Div or HtmlTagId.TR or HtmlTagId.Table or HtmlTagId.LI
        or HtmlTagId.UL or HtmlTagId.OL or HtmlTagId.H1 or HtmlTagId.H2 or HtmlTagId.H3 or HtmlTagId.H4 or HtmlTagId.HR or HtmlTagId.Pre or HtmlTagId.BlockQuote
        or HtmlTagId.DL or HtmlTagId.DT or HtmlTagId.DD or HtmlTagId.Center;
}
